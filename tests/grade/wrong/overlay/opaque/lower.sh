rm -r lower/cache
mkdir merged/cache
