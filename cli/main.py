"""The `onboard` command: where it begins and ends."""

from __future__ import annotations

INTERRUPTED = 130
SHOW_CURSOR = b"\x1b[?25h"


def main() -> None:
    """Runs the command line and leaves with its status. Ctrl-C is silent, from the first moment on."""
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            # Not by exception: where one may not be raised, as in a callback from C, it is printed and then ignored.
            signal.signal(signal.SIGINT, _stop)
        from cli.commands import run

        status = run()
    except KeyboardInterrupt:
        status = INTERRUPTED
    from machine.exit import hard_exit

    hard_exit(status)


def _stop(number: int, frame: object) -> None:
    """Ends the process where it is: what a command has asked the servers to do, they do or do not as a whole."""
    import os

    if os.isatty(2):
        # A progress bar may have hidden it.
        os.write(2, SHOW_CURSOR)
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
