rm -r merged/*
