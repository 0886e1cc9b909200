"""How bytes leave the process: verified, at the client's speed, and never before they are reserved.

`capability` and `headers` read the request, `representations` says what it names. `response` answers it: it takes a
slot (`limiter`, `slots`, `throughput`), records what it sends (`progress_recorder`), stops when the transfer has ended
(`revocation_cache`), and sends verified parts (`verified_reader`, `read_plan`, `read_ahead`, `buffer_pool`).
"""
