"""`python -m client`: the command line."""

import signal

from client.commands.app import exit_process, main

signal.signal(signal.SIGTERM, signal.default_int_handler)  # being told to end is no less polite than Ctrl-C
exit_process(main())
