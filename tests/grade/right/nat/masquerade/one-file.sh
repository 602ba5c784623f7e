nft -f - <<END
table ip nat {
  chain postrouting {
    type nat hook postrouting priority 100;
    ip saddr 10.88.0.0/24 oifname "wan" masquerade
  }
}
END
box# ping -c 1 203.0.113.2
