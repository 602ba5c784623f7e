tcp_server --port 8081 --says 'a process of machine' &
