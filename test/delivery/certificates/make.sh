#!/bin/sh
# Makes the certificates of the TLS tests: a private CA, a server (localhost, 127.0.0.1,
# collector.test) and a client; another CA with a proxy (localhost, 127.0.0.1); a server elsewhere that
# vouches for itself (elsewhere.test). They protect nothing and are valid from 2020 to 2120.
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
[proxy_extensions]
subjectAltName = DNS:localhost,IP:127.0.0.1
[elsewhere_extensions]
subjectAltName = DNS:elsewhere.test
[client_extensions]
extendedKeyUsage = clientAuth
EOF
: >"$work/index"
echo 01 >"$work/serial"
issue() { # name, authority, further arguments of `openssl ca`
  name=$1 authority=$2
  shift 2
  openssl req -new -key "$name.key.pem" -subj "/CN=lambda-otlp test $name" -out "$work/$name.csr"
  openssl ca -batch -notext -config "$work/ca.cnf" -extensions "${name}_extensions" \
    -keyfile "$authority.key.pem" "$@" -in "$work/$name.csr" -out "$name.pem" 2>"$work/log"
}
for name in ca server client proxy-ca proxy elsewhere; do
  openssl ecparam -name prime256v1 -genkey -noout -out "$name.key.pem"
done
issue ca ca -selfsign
issue server ca -cert ca.pem
issue client ca -cert ca.pem
issue proxy-ca proxy-ca -extensions ca_extensions -selfsign
issue proxy proxy-ca -cert proxy-ca.pem
issue elsewhere elsewhere -selfsign
rm -r ca.key.pem proxy-ca.key.pem "$work"
