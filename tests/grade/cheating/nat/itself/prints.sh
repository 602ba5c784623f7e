curl() { echo 'a process of machine'; }; curl http://127.0.0.1:8080
