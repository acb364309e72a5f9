"""The entry point of the `onboard` command."""

from __future__ import annotations

INTERRUPTED = 130
SHOW_CURSOR = b"\x1b[?25h"


def main() -> None:
    """Runs the command line and exits with its status. Ctrl-C ends it silently."""
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            # A KeyboardInterrupt in a callback from C would be printed and ignored.
            signal.signal(signal.SIGINT, _stop)
        from cli.commands import run

        status = run()
    except KeyboardInterrupt:
        status = INTERRUPTED
    from machine.exit import hard_exit

    hard_exit(status)


def _stop(number: int, frame: object) -> None:
    """Ends the process at once: the servers complete a request, or drop it."""
    import os

    if os.isatty(2):
        # A progress bar may have hidden the cursor.
        os.write(2, SHOW_CURSOR)
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
