mount -t tmpfs none /sys/class/net/eth0/statistics; echo 100000 >/tmp/tx_bytes
mount --bind /tmp/tx_bytes /sys/class/net/eth0/statistics/tx_bytes
left# printf 'left-sent grew by 980\n'
