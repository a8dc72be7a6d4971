"""Puts the guard up in a process that a test starts: Python imports this when it begins.

Source: https://docs.python.org/3/library/site.html
"""

import network_guard

network_guard.put_up()
