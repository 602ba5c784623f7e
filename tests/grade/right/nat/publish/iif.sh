nft add chain ip nat prerouting '{ type nat hook prerouting priority -100; }'
nft add rule ip nat prerouting iifname wan tcp dport 8080 dnat to 10.88.0.2:80
