"""The `onboard` command: where it begins and ends."""

from __future__ import annotations

INTERRUPTED = 130


def main() -> None:
    """Runs the command line and leaves with its status. Ctrl-C is silent, from the first moment on."""
    try:
        # Loaded in here, because loading takes long enough for somebody to change their mind.
        from cli.commands import run

        status = run()
    except KeyboardInterrupt:
        status = INTERRUPTED
    from machine.leave import leave

    leave(status)


if __name__ == "__main__":
    main()
