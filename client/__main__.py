"""`python -m client`: the command line."""

from client.commands.line import leave, main

leave(main())
