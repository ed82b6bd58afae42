#!/bin/bash
# dovecot.sh start FOLDER PORT CAPABILITIES [CERTIFICATE KEY PORT2]: a Dovecot of its own
# on loopback. Everybody may log in with the password "secret"; the mails of USER
# are the Maildir FOLDER/mail/USER. CAPABILITIES is what it says that it can, "all"
# for what it can; with a certificate it offers STARTTLS, and TLS at PORT2. dovecot.sh stop FOLDER
# ends it. Touches nothing outside FOLDER; needs root, as Dovecot does. Log: FOLDER/log.
set -euo pipefail
if [ "$(id -u)" != 0 ]; then exec sudo -n "$0" "$@"; fi
verb=$1 folder=$(realpath "$2")

if [ "$verb" = stop ]; then
  kill "$(cat "$folder/run/master.pid")"
  exit
fi

port=$3 capabilities=$4 certificate=${5:-} key=${6:-} tls_port=${7:-0}
# Dovecot serves no mails that belong to root.
owner=$(id -u mail)
mkdir -p "$folder/run" "$folder/mail"
chmod 755 "$folder"
chown -R "$owner" "$folder/mail"
if [ "$capabilities" = all ]; then said=; else said="imap_capability = $capabilities"; fi
if [ -n "$certificate" ]; then
  tls="ssl = yes
ssl_cert = <$certificate
ssl_key = <$key"
else
  tls="ssl = no"
fi
cat >"$folder/dovecot.conf" <<END
protocols = imap
listen = 127.0.0.1
base_dir = $folder/run
state_dir = $folder/run
log_path = $folder/log
$tls
$said
disable_plaintext_auth = no
mail_location = maildir:$folder/mail/%u
mail_uid = $owner
mail_gid = $owner
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=$owner gid=$owner home=$folder/mail/%u
}
service imap-login {
  inet_listener imap {
    port = $port
  }
  inet_listener imaps {
    port = $tls_port
    ssl = yes
  }
}
END
exec dovecot -c "$folder/dovecot.conf"
