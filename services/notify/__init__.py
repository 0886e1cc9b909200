"""Send the mails that events call for, and publish what became of each."""
