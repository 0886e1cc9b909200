"""Approval of the transfers that external senders address to external recipients."""
