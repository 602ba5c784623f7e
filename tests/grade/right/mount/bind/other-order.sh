cd stage && echo two | tee src/f
mount -B src view && mount -o ro,remount,bind src view
echo three | tee view/f
