#!/bin/sh
# Creates the bucket and two users: upload may write, read and delete objects, download may only read them.
# Keys are passed on standard input or after an equals sign, because mc reads an argument that begins with a dash as an option.
# The image has a shell, the core utilities and mc, but neither grep nor sed.
set -eu
export MC_CONFIG_DIR=/tmp/mc
# White space around a secret is not part of it; the server and the services strip it too.
secret() {
  text=$(cat "${SECRETS_DIR:-/run/secrets}/$1")
  text=${text#"${text%%[![:space:]]*}"}
  printf '%s' "${text%"${text##*[![:space:]]}"}"
}
access_key=$(secret minio_root_user)
secret_key=$(secret minio_root_password)
printf '%s\n' "$access_key" "$secret_key" | mc alias set --quiet store http://minio:9000
mc mb --quiet --ignore-existing store/melanissimo
for service in upload download; do
  access_key=$(secret "${service}_s3_access_key")
  secret_key=$(secret "${service}_s3_secret_key")
  mc admin policy create store "$service" "/policies/$service.json"
  printf '%s\n' "$access_key" "$secret_key" | mc admin user add store
  mc admin policy attach store "$service" --user="$access_key"
done
