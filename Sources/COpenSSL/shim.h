// Macros of OpenSSL as functions, so that Swift can import them. No logic.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline long dvm_SSL_set_tlsext_host_name(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, name); }
static inline long dvm_SSL_CTX_set_min_proto_version(SSL_CTX *c, int v) { return SSL_CTX_set_min_proto_version(c, v); }
static inline long dvm_SSL_CTX_set_max_proto_version(SSL_CTX *c, int v) { return SSL_CTX_set_max_proto_version(c, v); }
static inline void dvm_SSL_release_buffers(SSL *ssl, int on) {
    if (on) SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS); else SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
}
static inline long dvm_SSL_CTX_set_mode(SSL_CTX *c, long m) { return SSL_CTX_set_mode(c, m); }
static const unsigned long dvm_XN_FLAG_RFC2253 = XN_FLAG_RFC2253;
static const uint64_t dvm_SSL_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;
static const uint64_t dvm_SSL_OP_NO_COMPRESSION = SSL_OP_NO_COMPRESSION;
static const uint64_t dvm_SSL_OP_NO_EXTENDED_MASTER_SECRET = SSL_OP_NO_EXTENDED_MASTER_SECRET;
static const uint64_t dvm_SSL_OP_CLEANSE_PLAINTEXT = SSL_OP_CLEANSE_PLAINTEXT;
static const uint64_t dvm_SSL_OP_LEGACY_SERVER_CONNECT = SSL_OP_LEGACY_SERVER_CONNECT;
static const uint64_t dvm_SSL_OP_TLSEXT_PADDING = SSL_OP_TLSEXT_PADDING;
static const uint64_t dvm_SSL_OP_SAFARI_ECDHE_ECDSA_BUG = SSL_OP_SAFARI_ECDHE_ECDSA_BUG;
static const uint64_t dvm_SSL_OP_DISABLE_TLSEXT_CA_NAMES = SSL_OP_DISABLE_TLSEXT_CA_NAMES;
static const uint64_t dvm_SSL_OP_ALLOW_NO_DHE_KEX = SSL_OP_ALLOW_NO_DHE_KEX;
static const uint64_t dvm_SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS = SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS;
static const uint64_t dvm_SSL_OP_NO_TICKET = SSL_OP_NO_TICKET;
static const uint64_t dvm_SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION = SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION;
static const uint64_t dvm_SSL_OP_NO_ENCRYPT_THEN_MAC = SSL_OP_NO_ENCRYPT_THEN_MAC;
static const uint64_t dvm_SSL_OP_ENABLE_MIDDLEBOX_COMPAT = SSL_OP_ENABLE_MIDDLEBOX_COMPAT;
static const uint64_t dvm_SSL_OP_PRIORITIZE_CHACHA = SSL_OP_PRIORITIZE_CHACHA;
static const uint64_t dvm_SSL_OP_CIPHER_SERVER_PREFERENCE = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t dvm_SSL_OP_NO_ANTI_REPLAY = SSL_OP_NO_ANTI_REPLAY;
static const uint64_t dvm_SSL_OP_NO_SSLv3 = SSL_OP_NO_SSLv3;
static const uint64_t dvm_SSL_OP_NO_TLSv1 = SSL_OP_NO_TLSv1;
static const uint64_t dvm_SSL_OP_NO_TLSv1_1 = SSL_OP_NO_TLSv1_1;
static const uint64_t dvm_SSL_OP_NO_TLSv1_2 = SSL_OP_NO_TLSv1_2;
static const uint64_t dvm_SSL_OP_NO_TLSv1_3 = SSL_OP_NO_TLSv1_3;
static const uint64_t dvm_SSL_OP_CRYPTOPRO_TLSEXT_BUG = SSL_OP_CRYPTOPRO_TLSEXT_BUG;
static const uint64_t dvm_SSL_OP_ALL = SSL_OP_ALL;
static inline long dvm_SSL_CTX_set_session_cache_mode(SSL_CTX *c, long m) { return SSL_CTX_set_session_cache_mode(c, m); }
static inline long dvm_SSL_CTX_set_dh_auto(SSL_CTX *c, int on) { return SSL_CTX_set_dh_auto(c, on); }
static inline int dvm_sk_SSL_CIPHER_num(const STACK_OF(SSL_CIPHER) *s) { return sk_SSL_CIPHER_num(s); }
static inline const SSL_CIPHER *dvm_sk_SSL_CIPHER_value(const STACK_OF(SSL_CIPHER) *s, int i) { return sk_SSL_CIPHER_value(s, i); }
static inline long dvm_SSL_set_max_cert_list(SSL *ssl, long m) { return SSL_set_max_cert_list(ssl, m); }
