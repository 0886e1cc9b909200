"""The rules of downloads, pure: `now` is an argument, and a rule returns the new document and its events.

To read the whole rule, take the modules in this order; `docs/downloads.md` explains it in prose.

- `link`: what one recipient may do with one transfer: start a download of a file or an archive, fetch its bytes, record
  them, and give it back.
- `quota`: one file of a link: how many downloads are left, and what may be leased or reserved now.
- `coverage`: how often each byte of a file was handed out, and the proof that the limit is exact.
- `download`: one download: its lease, its GETs, the bytes they reserve and deliver, and how it ends.
- `ranges`: arithmetic of byte ranges.
- `archive`: an archive of several files as one download that holds a lease on each of them.

Beside them: `delivery` (whether a transfer is open, and to whom), `contents` (what was sent), `mails` (which mails
bring a recipient to their link), `policy` (what an operator decides) and `refusals`.
"""
