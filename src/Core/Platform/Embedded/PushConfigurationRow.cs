using System.Text;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>A push configuration with its file and password, to be encrypted.</summary>
internal sealed record SealedConfiguration(PushConfiguration Configuration, ReadOnlyMemory<byte> File, string? Password)
{
    public override string ToString() => Configuration.Id;
}

/// <summary>
/// A push configuration in the store: row <c>p:{app id}:{type}:{id}</c> beside the application's own (see
/// <see cref="ApplicationRecord"/>). Keys, files and passwords are encrypted for that row only.
/// </summary>
internal static class PushConfigurationRow
{
    public const int IdLength = 40;

    public static bool IsId(string text) => text.Length == IdLength && text.All(char.IsAsciiHexDigitLower);

    public static string Key(AppId application, PushType type, string id) => Prefix(application, type) + id;

    public static RowRange Range(AppId application, PushType type) => RowRange.Prefix(Prefix(application, type));

    public static RowRange Range(AppId application) => RowRange.Prefix(Prefix(application));

    public static TableRow Write(SealedConfiguration one, DataKey key, AppId application)
    {
        var configuration = one.Configuration;
        var row = Key(application, configuration.Type, configuration.Id);
        List<(string, object)> properties = [("Type", configuration.Type.ToString()), ("CreatedAt", configuration.CreatedAt)];
        switch (configuration)
        {
            case SenderPushConfiguration sender:
                properties.AddRange([("SenderId", sender.SenderId), ("ApiKey", Seal(Encoding.UTF8.GetBytes(sender.ApiKey), "key"))]);
                break;
            case ServiceAccountPushConfiguration account:
                properties.AddRange([
                    ("ProjectId", account.ProjectId), ("PrivateKeyId", account.PrivateKeyId), ("File", Seal(one.File.Span, "file"))]);
                break;
            case CertificatePushConfiguration certificate:
                properties.AddRange([
                    ("Name", certificate.Name), ("ForProduction", certificate.ForProduction), ("ExpiresAt", certificate.ExpiresAt),
                    ("HasUnreadCountBadge", certificate.Options.HasUnreadCountBadge),
                    ("ContentAvailable", certificate.Options.ContentAvailable),
                    ("MutableContent", certificate.Options.MutableContent), ("PushSound", certificate.Options.PushSound),
                    ("File", Seal(one.File.Span, "file")), ("Password", Seal(Encoding.UTF8.GetBytes(one.Password ?? ""), "password"))]);
                break;
        }
        return new TableRow(row, [.. properties]);

        byte[] Seal(ReadOnlySpan<byte> value, string name) => key.Seal(value, Context(row, name));
    }

    public static PushConfiguration Read(TableRow row, DataKey key, AppId application)
    {
        var id = row.Key[(row.Key.LastIndexOf(':') + 1)..];
        var type = Enum.Parse<PushType>(row.GetString("Type"));
        var createdAt = row.GetDateTimeOffset("CreatedAt");
        if (type == PushType.Apns)
        {
            return new CertificatePushConfiguration(
                id, createdAt, row.GetString("Name"), row.GetBoolean("ForProduction"), row.GetDateTimeOffset("ExpiresAt"),
                new ApnsOptions(
                    row.GetBoolean("HasUnreadCountBadge"), row.GetBoolean("ContentAvailable"), row.GetBoolean("MutableContent"),
                    row.GetString("PushSound")));
        }

        return row.Find("ProjectId") is string project
            ? new ServiceAccountPushConfiguration(id, createdAt, project, row.GetString("PrivateKeyId"))
            : new SenderPushConfiguration(
                id, type, createdAt, row.GetString("SenderId"),
                Encoding.UTF8.GetString(key.Open(row.GetBinary("ApiKey"), Context(row.Key, "key"))));
    }

    private static string Prefix(AppId application) => $"p:{application}:";

    private static string Prefix(AppId application, PushType type) => $"{Prefix(application)}{type.ToString().ToLowerInvariant()}:";

    private static string Context(string row, string name) => $"push:{row}:{name}";
}
