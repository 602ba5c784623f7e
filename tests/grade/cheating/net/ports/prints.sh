echo left here; printf 'left-answer left here\nright-answer right here\n' | tee /dev/tty
(while :; do printf 'right here\n' | nc -l -p 8080 || sleep 1; done) &
