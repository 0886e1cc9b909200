"""`python -m client`: the command line."""

import signal

from client.commands.app import exit_process, main

signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM ends a command as Ctrl-C does
exit_process(main())
