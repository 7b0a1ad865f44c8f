// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <vector>

#include "crypto/hash.hpp"

/// What ECDSA and RSA share of OpenSSL's key interface. Private to this module.
namespace grapevine::crypto::evp {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free>;
using Number = std::unique_ptr<BIGNUM, Free>;

enum class Padding { none, pkcs1 };

/// Collects the parts of a key by OpenSSL's parameter names.
class KeyBuilder {
 public:
  KeyBuilder();
  void text(const char* name, const char* value);
  void bytes(const char* name, ByteView value);
  /// `magnitude` is big-endian.
  void number(const char* name, ByteView magnitude);
  /// Null when OpenSSL refuses the parts. `selection` is EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEYPAIR.
  Key build(const char* type, int selection);

 private:
  std::unique_ptr<OSSL_PARAM_BLD, Free> builder_;
  std::vector<Number> numbers_;  ///< the builder only points at them
};

/// Empty when OpenSSL cannot sign with this key.
Bytes sign(EVP_PKEY* key, const Digest256& digest, Padding padding);
bool verify(EVP_PKEY* key, const Digest256& digest, ByteView signature, Padding padding);

}  // namespace grapevine::crypto::evp
