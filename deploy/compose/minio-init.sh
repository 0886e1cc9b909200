#!/bin/sh
# Makes the bucket and two users: upload may do all that an upload and its end need, download may only fetch.
set -eu
export MC_CONFIG_DIR=/tmp/mc
secret() { cat "/run/secrets/$1"; }
mc alias set --quiet store http://minio:9000 "$(secret minio_root_user)" "$(secret minio_root_password)"
mc mb --quiet --ignore-existing store/melanissimo
for service in upload download; do
  mc admin policy create store "$service" "/policies/$service.json"
  mc admin user add store "$(secret "${service}_s3_access_key")" "$(secret "${service}_s3_secret_key")"
  mc admin policy attach store "$service" --user "$(secret "${service}_s3_access_key")" || true  # it already has it
  mc admin user info store "$(secret "${service}_s3_access_key")" | grep --quiet "$service"
done
