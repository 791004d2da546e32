#!/bin/sh
# Makes the certificates that tests read, with OpenSSL 3. Private keys are thrown away: tests need certificates alone.
# The results are in version control, so that tests need no OpenSSL and no clock.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

START=20250101000000Z
END=21250101000000Z

cat >"$work/openssl.cnf" <<END_OF_FILE
[req]
distinguished_name = name
[name]
[ca]
default_ca = tests
[tests]
database = $work/index.txt
new_certs_dir = $work
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[bounded]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
[server-authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
extendedKeyUsage = serverAuth
[unable]
basicConstraints = critical,CA:TRUE
keyUsage = critical,digitalSignature
[client]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = clientAuth
[server]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
[none]
END_OF_FILE
: >"$work/index.txt"

key() {
  case $2 in
    P-*) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$work/$1.key" ;;
    ed25519) openssl genpkey -algorithm ed25519 -out "$work/$1.key" ;;
    rsa*) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" -out "$work/$1.key" ;;
  esac 2>/dev/null
}

# certificate NAME ISSUER EXTENSIONS KEY SUBJECT [FROM] [UNTIL]; an issuer of its own name signs itself.
certificate() {
  key "$1" "$4"
  openssl req -new -config "$work/openssl.cnf" -key "$work/$1.key" -subj "/CN=$5" -out "$work/$1.csr"
  if [ "$1" = "$2" ]; then set -- "$@" && signer="-selfsign"; else signer="-cert $2.pem"; fi
  digest=sha256
  [ "$(openssl pkey -in "$work/$2.key" -noout -text | head -n 1)" != "ED25519 Private-Key:" ] || digest=null
  openssl ca -batch -notext -config "$work/openssl.cnf" -md $digest $signer -keyfile "$work/$2.key" -in "$work/$1.csr" \
    -extensions "$3" -startdate "${6:-$START}" -enddate "${7:-$END}" -out "$1.pem" 2>"$work/log" || { cat "$work/log"; exit 1; }
}

authority() { certificate "$1" "$1" authority "${3:-P-256}" "$2" "${4:-$START}" "${5:-$END}"; }
client() { certificate "$1" "$2" "${3:-client}" P-256 "$1" "${4:-$START}" "${5:-$END}"; }

authority authority "Test authority"
authority other-authority "Another test authority"
# The same name with another key.
authority impostor "Test authority"
authority rsa-authority "RSA authority" rsa2048
authority p384-authority "P-384 authority" P-384
authority ed25519-authority "Ed25519 authority" ed25519
authority expired-authority "Expired authority" P-256 "$START" 20250201000000Z
authority future-authority "Future authority" P-256 21000101000000Z
certificate intermediate authority authority P-256 "Intermediate authority"
# Keys by which no signature is checked.
authority rsa1024-authority "Short RSA authority" rsa1024
authority p521-authority "P-521 authority" P-521
# An authority that may not sign certificates.
certificate unable-authority unable-authority unable P-256 "Unable authority"
# An authority with certificates for servers alone.
certificate server-authority server-authority server-authority P-256 "Authority of servers"
# An authority that may sign no other authorities, and one that it signed all the same.
certificate bounded-authority bounded-authority bounded P-256 "Bounded authority"
certificate bounded-intermediate bounded-authority authority P-256 "Bounded intermediate"
# Version 1, which has no extensions.
certificate version1 version1 none P-256 "Old authority"

client client authority
client other-client other-authority
client impostor-client impostor
client rsa-client rsa-authority
client p384-client p384-authority
client ed25519-client ed25519-authority
client expired-authority-client expired-authority
client intermediate-client intermediate
client server-client authority server
client bounded-client bounded-authority
client bounded-intermediate-client bounded-intermediate
# Valid for two months of 2026 alone, so that a test can pass its end.
client short-client authority client 20260101000000Z 20260301000000Z
client future-client authority client 21000101000000Z
# A certificate of its own, without an authority.
client own-client own-client
