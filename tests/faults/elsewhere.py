"""Faults that no answer of a server shows, or that a row holds under another name, and where each is tested."""

ROWS = {
    "C27": (
        "tests/faults/test_pool.py::test_exhausted",
        "tests/faults/test_pool.py::test_exhausted_in_a_loop",
        "tests/faults/test_pool.py::test_calls_that_wait",
        "tests/faults/test_pool.py::test_calls_that_wait_in_a_loop",
    ),
    "C28": ("tests/test__connections.py::test_many_streams_at_once",),
    "H21": ("tests/faults/test_ownership.py::test_outage", "tests/test__brakes.py::test_an_empty_budget_is_told_once"),
    "H23": ("tests/test__auth.py::test_synchronous_credential_never_blocks_the_loop",),
    "L1": (
        "tests/test__http.py::test_each_loop_gets_its_own",
        "tests/faults/test_ownership_of_models.py::test_loops_one_after_another",
    ),
    "L2": ("tests/faults/test_ownership_of_models.py::test_idle_connections_that_the_service_closed",),
    "L3": (
        "tests/faults/test_ownership.py::test_loops",
        "tests/faults/test_ownership_of_models.py::test_loops_in_threads",
        "tests/test__http.py::test_loops_in_threads",
    ),
    "L4": ("tests/faults/test_leaving.py::test_loop_ended",),
    "L5": ("tests/faults/test_leaving.py::test_cancelled", "tests/test__connections.py::test_cancels_leave_nothing"),
    "L6": ("tests/faults/test_leaving.py::test_break_in_a_loop",),
    "L7": ("tests/faults/test_leaving.py::test_break",),
    "L8": ("tests/faults/test_ownership.py::test_threads", "tests/faults/test_ownership_of_models.py::test_threads"),
    "L9": ("tests/faults/test_ownership.py::test_forks", "tests/faults/test_ownership_of_models.py::test_forks"),
    "L10": (
        "tests/faults/test_leaks_of_tools.py::test_copies_of_clients",
        "tests/faults/test_leaks_of_tools.py::test_copies_of_models",
    ),
    "L11": ("tests/faults/test_exit.py::test_interpreter_ended",),
    "L12": (
        "tests/faults/test_leaving.py::test_within_a_running_loop",
        "tests/faults/test_nested_loops.py::test_nested",
        "tests/faults/test_uvloop.py::test_fault",
        "tests/test__http.py::test_trio",
        "tests/langchain/test__chat_model.py::test_trio",
    ),
    "X1": (
        "tests/faults/test_leaks.py::test_core",
        "tests/faults/test_leaks.py::test_async_core",
        "tests/faults/test_http2.py::test_no_secret_in_logs",
    ),
    "X2": ("tests/faults/test_environment.py::test_no_content_in_logs",),
    "X3": (
        "tests/faults/test_leaks.py::test_langchain",
        "tests/faults/test_leaks.py::test_llamaindex",
        "tests/faults/test_leaks_of_streams.py::test_langchain",
        "tests/faults/test_leaks_of_streams.py::test_llamaindex",
    ),
    "X4": (
        "tests/faults/test_leaks.py::test_core",
        "tests/faults/test_leaks_of_streams.py::test_langchain",
        "tests/test_secrets.py::test_refused_request",
    ),
    "X5": ("tests/faults/test_leaks.py::test_core", "tests/test_secrets.py::test_refused_request"),
    "X6": ("tests/faults/test_refused_secrets.py::test_refused_settings",),
    "X7": ("tests/faults/test_refused_secrets.py::test_refused_settings",),
    "X8": ("tests/faults/test_environment.py::test_only_tls",),
    "X9": ("tests/faults/test_environment.py::test_resources_name_no_host",),
    "X10": (
        "tests/faults/test_environment.py::test_proxy",
        "tests/faults/test_environment.py::test_no_proxy",
        "tests/faults/test_socks.py::test_honoured",
        "tests/faults/test_environment.py::test_unusable_proxy",
    ),
    "X11": ("tests/faults/test_environment.py::test_no_variable_turns_certificates_off",),
    "X12": ("tests/faults/test_environment.py::test_own_authority",),
    "X13": ("tests/faults/test_leaks_of_tools.py::test_cassettes",),
    "X14": ("tests/testing/test__cassette.py::test_a_file_that_is_not_a_cassette_of_ours_is_refused",),
    "X15": ("tests/testing/test__faults.py::test_faults",),
    "X16": ("tests/testing/test__plugin_recording.py::test_what_was_recorded_replays_without_a_network",),
    "X17": ("tests/emulator/test_server.py::test_listens_on_loopback",),
    "X18": ("tests/faults/test_environment.py::test_other_keys_stay",),
    "X19": (
        "tests/faults/test_environment.py::test_no_content_in_logs",
        "tests/faults/test_leaks_of_spans.py::test_no_content_in_spans",
    ),
    "X20": (
        "tests/test__retry.py::test_dates_are_read_by_the_services_clock",
        "tests/test__kept_tokens_clocks.py::test_behind",
        "tests/test__kept_tokens_clocks.py::test_ahead",
    ),
}
"""The tests, by the name of the fault."""

RENAMED = {"H18": "H1-apim", "H20": "H19-303"}
"""The row that holds a fault, by the fault's name."""

GROUPS = {"C": 31, "S": 23, "H": 23, "L": 12, "X": 20}
"""How many faults there are: of connections, of streams, of refusals, of lives of clients, of secrets and tools."""
