"""The decision: who may have what an external person sends to external people."""
