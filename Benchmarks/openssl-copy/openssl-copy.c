// The plainest tunnel from file to file that OpenSSL allows, one thread on each side: read, SSL_write; SSL_read, write.
//
//     cc -O2 -o openssl-copy openssl-copy.c -lssl -lcrypto
//     openssl-copy receive FILE CERTIFICATE KEY    prints its port, takes one connection
//     openssl-copy send FILE PORT
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 256 * 1024 };

static void check(int ok, const char *what) {
    if (ok) return;
    perror(what);
    exit(1);
}

static void send_file(const char *path, int port) {
    int file = open(path, O_RDONLY), sock = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    check(file >= 0, path);
    check(connect(sock, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
    SSL_set_fd(ssl, sock);
    SSL_set_ciphersuites(ssl, "TLS_AES_128_GCM_SHA256");
    check(SSL_connect(ssl) == 1, "SSL_connect");
    char *buffer = malloc(SIZE);
    ssize_t count;
    while ((count = read(file, buffer, SIZE)) > 0) check(SSL_write(ssl, buffer, count) == count, "SSL_write");
    check(count == 0, "read");
    check(SSL_shutdown(ssl) >= 0, "SSL_shutdown");
    check(SSL_read(ssl, buffer, 1) <= 0, "SSL_read");
}

static void receive_file(const char *path, const char *certificate, const char *key) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), sock = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    check(file >= 0, path);
    check(bind(sock, (struct sockaddr *)&address, length) == 0 && listen(sock, 1) == 0, "listen");
    check(getsockname(sock, (struct sockaddr *)&address, &length) == 0, "getsockname");
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    check(SSL_CTX_use_certificate_chain_file(context, certificate) == 1, certificate);
    check(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1, key);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, accept(sock, NULL, NULL));
    check(SSL_accept(ssl) == 1, "SSL_accept");
    char *buffer = malloc(SIZE);
    int count;
    while ((count = SSL_read(ssl, buffer, SIZE)) > 0) check(write(file, buffer, count) == count, "write");
    check(SSL_get_error(ssl, count) == SSL_ERROR_ZERO_RETURN, "SSL_read");
    SSL_shutdown(ssl);
}

int main(int count, char **words) {
    if (count == 4 && !strcmp(words[1], "send")) send_file(words[2], atoi(words[3]));
    else if (count == 5 && !strcmp(words[1], "receive")) receive_file(words[2], words[3], words[4]);
    else return 2;
    return 0;
}
