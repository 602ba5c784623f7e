tcp_server --port 8080 --says 'hello from the box' &
nft add chain ip nat prerouting '{ type nat hook prerouting priority dstnat; }'
