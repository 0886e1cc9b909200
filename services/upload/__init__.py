"""The parcel: drafts, transfers and their files; the bucket's only writer."""
