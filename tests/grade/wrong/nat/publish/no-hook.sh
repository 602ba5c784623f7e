nft add chain ip nat prerouting
nft add rule ip nat prerouting tcp dport 8080 dnat to 10.88.0.2:80
