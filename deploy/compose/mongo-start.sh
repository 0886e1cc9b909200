#!/bin/bash
# mongod insists on a key file that nobody else may read; a mounted secret is not one.
set -eu
install --mode 0400 /run/secrets/mongo_keyfile /tmp/keyfile
# The log of a slow query quotes its values, addresses among them: no query is slow enough to be logged (I8).
exec docker-entrypoint.sh mongod --replSet rs0 --bind_ip_all --keyFile /tmp/keyfile --slowms 86400000
