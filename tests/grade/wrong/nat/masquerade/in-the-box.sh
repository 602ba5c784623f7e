box# nft add table ip nat
box# nft add chain ip nat postrouting '{ type nat hook postrouting priority srcnat; }'
box# nft add rule ip nat postrouting oifname eth0 masquerade
box# ping -c 1 -W 1 203.0.113.2
