kill $web_right $right; sleep 0.5; ip link
