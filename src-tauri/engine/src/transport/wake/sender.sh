# Runs on an SSH host, in whatever shell it has. A line on standard input is a packet in hexadecimal digits, the address and port that
# it goes to, and for etherwake the network card and the SecureOn password. Nothing of that is in an argument, where other users of
# the host would see it, but with etherwake, which takes it from nowhere else.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
if command -v python3 >/dev/null 2>&1; then
    exec python3 -c '
import socket, sys
print("portlight ready", flush=True)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for line in iter(sys.stdin.readline, ""):
    packet, address, port = line.split()[:3]
    try:
        sender.sendto(bytes.fromhex(packet), (address, int(port)))
        print("portlight sent", flush=True)
    except OSError as cause:
        print("portlight failed", cause, flush=True)
'
elif command -v perl >/dev/null 2>&1; then
    exec perl -e '
use Socket;
$| = 1;
print "portlight ready\n";
socket(my $sender, PF_INET, SOCK_DGRAM, 0);
setsockopt($sender, SOL_SOCKET, SO_BROADCAST, 1);
while (my $line = <STDIN>) {
    my ($packet, $address, $port) = split(" ", $line);
    my $sent = send($sender, pack("H*", $packet), 0, sockaddr_in($port, inet_aton($address)));
    print $sent ? "portlight sent\n" : "portlight failed $!\n";
}
'
elif etherwake=$(command -v etherwake || command -v ether-wake); then
    # Routers have this one. It knows no network, only interfaces: type 1 is Ethernet.
    echo "portlight ready"
    while read -r packet address port mac password; do
        sent= said="there is no Ethernet"
        for interface in /sys/class/net/*; do
            [ "$(cat "$interface/type")" = 1 ] || continue
            said=$("$etherwake" -i "${interface##*/}" ${password:+-p "$password"} "$mac" 2>&1) && sent=yes
        done
        if [ "$sent" ]; then echo "portlight sent"; else echo "portlight failed" $said; fi
    done
    exit
else
    echo "portlight nothing"
fi
