using System.Formats.Asn1;

namespace Gatehouse.Push;

/// <summary>
/// Adds up the rounds of key derivation that a .p12 file asks for, as far as they can be seen without its password: for the
/// integrity check and for each encryption (RFC 7292, section 4; RFC 8018, appendix A). So a costly file is refused before
/// anything is derived.
/// </summary>
internal static class Pkcs12Rounds
{
    private const int MostDepth = 24;
    // More than fit into the largest file, even if some are looked at twice.
    private const int MostValues = 64 * 1024;

    /// <summary>
    /// The rounds of all derivations together, and of the greatest; <see cref="long.MaxValue"/> where the file is too large to
    /// add them up.
    /// </summary>
    /// <param name="file">The bytes of the file, or of a part of it.</param>
    public static (long Total, long Greatest) Of(ReadOnlyMemory<byte> file)
    {
        var (values, total, greatest) = (0, 0L, 0L);
        Add(file, 0);
        return values > MostValues ? (long.MaxValue, long.MaxValue) : (total, greatest);

        void Add(ReadOnlyMemory<byte> content, int depth)
        {
            if (depth > MostDepth) return;
            try
            {
                var reader = new AsnReader(content, AsnEncodingRules.BER);
                while (reader.HasData && ++values <= MostValues) AddValue(reader, depth);
            }
            catch (AsnContentException)
            {
                // Not ASN.1: an encrypted part, a salt or a text.
            }
        }

        void AddValue(AsnReader reader, int depth)
        {
            var tag = reader.PeekTag();
            if (tag == Asn1Tag.PrimitiveOctetString || tag == Asn1Tag.ConstructedOctetString)
            {
                // The parts of a file are wrapped in octet strings.
                Add(reader.ReadOctetString(), depth + 1);
            }
            else if (tag.IsConstructed)
            {
                if (tag.HasSameClassAndValue(Asn1Tag.Sequence))
                {
                    var rounds = RoundsIn(reader.PeekContentBytes());
                    (total, greatest) = (total + rounds, Math.Max(greatest, rounds));
                }
                Add(reader.PeekContentBytes(), depth + 1);
                reader.ReadEncodedValue();
            }
            else
            {
                reader.ReadEncodedValue();
            }
        }
    }

    // The parameters of a derivation are a salt and the rounds; those of the integrity check follow the check itself.
    private static long RoundsIn(ReadOnlyMemory<byte> sequence)
    {
        try
        {
            var reader = new AsnReader(sequence, AsnEncodingRules.BER);
            if (reader.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) reader.ReadEncodedValue();
            if (!reader.HasData || !reader.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveOctetString)) return 0;
            reader.ReadOctetString();
            if (!reader.HasData || !reader.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) return 0;
            var rounds = reader.ReadInteger();
            return rounds.Sign < 0 ? 0 : rounds > int.MaxValue ? int.MaxValue : (long)rounds;
        }
        catch (AsnContentException)
        {
            return 0;
        }
    }
}
