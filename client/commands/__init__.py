"""The command line: arguments, questions and output; the library around it does the work."""
