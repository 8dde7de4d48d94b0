using Gatehouse.Common;

namespace Gatehouse.Tests.Common;

public sealed class SipHashTests
{
    // Computed by OpenSSL: openssl mac -macopt hexkey:000102...0f -macopt size:16 SIPHASH, of the bytes 0, 1, 2 and so on.
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    [InlineData(40, "df6a301e95c95dad97ae0cc8c6913bd8")]
    public void A_hash_is_the_one_that_OpenSSL_computes(int length, string hash)
    {
        var bytes = Enumerable.Range(0, length).Select(number => (byte)number).ToArray();
        var computed = new SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908).Of(bytes);
        var written = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(written, computed);
        Assert.Equal(hash, Convert.ToHexStringLower(written));
    }

    [Fact]
    public void Two_random_keys_hash_the_same_bytes_differently() =>
        Assert.NotEqual(SipHash.WithRandomKey().Of([1, 2, 3]), SipHash.WithRandomKey().Of([1, 2, 3]));
}
