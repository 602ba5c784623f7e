nft 'add table ip nat'
nft 'add chain ip nat postrouting { type nat hook postrouting priority srcnat; }'
nft 'add rule ip nat postrouting oifname wan snat to 203.0.113.1'
nsenter -t $box -n ping -c 1 203.0.113.2
