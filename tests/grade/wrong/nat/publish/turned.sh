nft add chain ip nat prerouting '{ type nat hook prerouting priority dstnat; }'
nft add rule ip nat prerouting tcp dport 80 dnat to 10.88.0.2:8080
