box# ip address add 203.0.113.2/32 dev eth0; tcp_server --port 80 --says 'hello from the world' &
nft add table ip nat; nft add chain ip nat postrouting
