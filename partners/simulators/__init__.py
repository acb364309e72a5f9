"""Simulators of partners' systems, over real HTTP and SMTP, for demos, tests and newcomers.

Each is a process that listens on this machine only, and says on every page and in every mail that it is a stand-in.
"""
