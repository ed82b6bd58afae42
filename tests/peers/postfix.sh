#!/bin/bash
# postfix.sh start FOLDER PORT NEXT_PORT [DOMAIN WHERE]: a Postfix of its own on
# loopback, which passes every mail on to the server at NEXT_PORT, but those for
# DOMAIN to WHERE: a Maildir, or a transport such as lmtp:inet:127.0.0.1:2424.
# postfix.sh stop FOLDER ends it.
# Touches nothing outside FOLDER; needs root, as Postfix does. Log: FOLDER/log.
set -euo pipefail
if [ "$(id -u)" != 0 ]; then exec sudo -n "$0" "$@"; fi
verb=$1 folder=$(realpath "$2")

if [ "$verb" = stop ]; then
  exec postfix -c "$folder/etc" stop
fi

port=$3 next_port=$4 domain=${5:-} where=${6:-}
mkdir -p "$folder/etc" "$folder/queue" "$folder/data"
chmod 755 "$folder" "$folder/etc" "$folder/queue"
chown postfix "$folder/data"
cat >"$folder/etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
maillog_file = $folder/log
maillog_file_prefixes = $folder
myhostname = relay.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
default_transport = smtp:[127.0.0.1]:$next_port
smtp_dns_support_level = disabled
END
# Name, type, private, unprivileged, chroot, wakeup, most processes, program.
while read -r name type private wakeup most program; do
  echo "$name $type $private - n $wakeup $most $program"
done >"$folder/etc/master.cf" <<END
127.0.0.1:$port inet n - - smtpd
pickup unix n 60 1 pickup
cleanup unix n - 0 cleanup
qmgr unix n 300 1 qmgr
rewrite unix - - - trivial-rewrite
bounce unix - - 0 bounce
defer unix - - 0 bounce
trace unix - - 0 bounce
flush unix n 1000? 0 flush
proxymap unix - - - proxymap
smtp unix - - - smtp
error unix - - - error
retry unix - - - error
showq unix n - - showq
anvil unix - - 1 anvil
scache unix - - 1 scache
postlog unix-dgram n - 1 postlogd
END
case $where in
  /*)
    owner=$(stat -c %u "$where")
    cat >>"$folder/etc/main.cf" <<END
virtual_mailbox_domains = $domain
virtual_mailbox_base = $where
virtual_mailbox_maps = static:./
virtual_minimum_uid = 1
virtual_uid_maps = static:$owner
virtual_gid_maps = static:$owner
END
    echo "virtual unix - n n - - virtual" >>"$folder/etc/master.cf"
    ;;
  ?*)
    echo "transport_maps = inline:{ $domain=$where }" >>"$folder/etc/main.cf"
    echo "lmtp unix - - n - - lmtp" >>"$folder/etc/master.cf"
    ;;
esac
exec postfix -c "$folder/etc" start
