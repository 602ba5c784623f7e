nft flush ruleset
tcp_server --port 8080 --says 'a process of machine' &
