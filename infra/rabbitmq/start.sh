#!/bin/sh
# Fills the passwords into definitions.json, then starts RabbitMQ with it. One user per service: it may declare what
# is its own and the exchanges it uses, write to the exchanges it publishes to, to its own queues (binding) and to
# the default exchange (retries and dead letters), and read what it consumes; topic permissions hold it to the
# routing keys of its own messages. The gateway's queues are named by the broker (amq.gen-…), one for each instance.
# A game server may send activity and nothing else.
set -eu

definitions=/etc/rabbitmq/definitions.json
umask 077
cp /laurel/definitions.json "$definitions"
for name in $(sed -n 's/.*"@\(RABBITMQ_[A-Z0-9_]*_PASSWORD\)@".*/\1/p' "$definitions"); do
  value=$(printenv "$name")
  case $value in
    *[!A-Za-z0-9_-]*) echo "$name: may hold only A-Z a-z 0-9 - _" >&2; exit 78 ;;
  esac
  sed -i "s/@$name@/$value/" "$definitions"
  unset "$name"
done
chown rabbitmq "$definitions"
echo "load_definitions = $definitions" >/etc/rabbitmq/conf.d/90-laurel.conf
chmod 644 /etc/rabbitmq/conf.d/90-laurel.conf

exec docker-entrypoint.sh rabbitmq-server
