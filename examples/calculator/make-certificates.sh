#!/bin/sh
# make-certificates.sh FOLDER [CLIENT ...]: an authority, and what it signs for a server at localhost
# and for each client (one, named client).
#
# ca.pem is given to both sides; NAME.pem and NAME.key stay with whose they are. ca.key signs others
# later and should lie where neither of them is.
set -eu
folder=${1:?make-certificates.sh FOLDER [CLIENT ...]}
shift
[ $# -gt 0 ] || set -- client
days=365
mkdir -p "$folder"
cd "$folder"
umask 077

key() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
}

# sign NAME EXTENSION...: a certificate CN=NAME by the authority.
sign() {
	local name=$1

	shift
	key "$name"
	openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
	printf '%s\n' "basicConstraints = CA:FALSE" "$@" >"$name.ext"
	openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$days" \
		-extfile "$name.ext" -out "$name.pem"
	rm "$name.csr" "$name.ext"
}

key ca
openssl req -x509 -key ca.key -days "$days" -subj "/CN=calculator authority" -out ca.pem \
	-addext "basicConstraints = critical, CA:TRUE" -addext "keyUsage = critical, keyCertSign, cRLSign"
# A client checks the name that it connects to; Erps.Client of 0.7.0 the address.
sign server "subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1" "extendedKeyUsage = serverAuth"
for client in "$@"; do
	sign "$client" "extendedKeyUsage = clientAuth"
done
rm -f ca.srl
