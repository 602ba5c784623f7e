tcp_server --port 8080 --says 'a process of machine' &
curl --http0.9 --silent http://127.0.0.1:8080
