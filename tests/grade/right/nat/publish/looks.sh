nft list ruleset
nft add chain ip nat prerouting '{ type nat hook prerouting priority dstnat; }'
nft add rule ip nat prerouting ip daddr 203.0.113.1 tcp dport 8080 counter dnat to 10.88.0.2:80
world# curl --http0.9 http://203.0.113.1:8080
