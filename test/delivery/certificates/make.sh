#!/bin/sh
# Makes the certificates of the TLS tests: a private CA, a server (localhost, 127.0.0.1,
# collector.test) and a client. They protect nothing and are valid from 2020 to 2120.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
cat >"$work/ca.cnf" <<EOF
[ca]
default_ca = tests
[tests]
new_certs_dir = $work
database = $work/index
serial = $work/serial
default_md = sha256
default_startdate = 20200101000000Z
default_enddate = 21200101000000Z
policy = any
[any]
commonName = supplied
[ca_extensions]
basicConstraints = critical,CA:true
[server_extensions]
subjectAltName = DNS:localhost,DNS:collector.test,IP:127.0.0.1
[client_extensions]
extendedKeyUsage = clientAuth
EOF
: >"$work/index"
echo 01 >"$work/serial"
issue() { # name, further arguments of `openssl ca`
  name=$1
  shift
  openssl req -new -key "$name.key.pem" -subj "/CN=lambda-otlp test $name" -out "$work/$name.csr"
  openssl ca -batch -notext -config "$work/ca.cnf" -extensions "${name}_extensions" \
    -keyfile ca.key.pem "$@" -in "$work/$name.csr" -out "$name.pem" 2>"$work/log"
}
for name in ca server client; do
  openssl ecparam -name prime256v1 -genkey -noout -out "$name.key.pem"
done
issue ca -selfsign
issue server -cert ca.pem
issue client -cert ca.pem
rm -r ca.key.pem "$work"
