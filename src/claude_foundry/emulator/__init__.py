"""Claude in Microsoft Foundry on this machine: what a program sends is checked and answered without Azure."""

from claude_foundry.emulator.server import Emulator
from claude_foundry.emulator.transport import EmulatorTransport

__all__ = ["Emulator", "EmulatorTransport"]
