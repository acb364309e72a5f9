"""Programs that play the systems outside, over real HTTP and SMTP, for demos, tests and newcomers.

Each is a process of its own that listens on this machine only and says on every page and in every mail what it is.
"""
