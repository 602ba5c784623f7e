env kill -KILL $init
exit
